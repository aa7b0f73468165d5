//! Several processes that start at the same moment share a token.

use std::thread;

use touchmark_core::{Curve, KeyAlgorithm};
use touchmark_testkit::cli::Touchmark;
use touchmark_testkit::token::softhsm;

const PROCESSES: usize = 8;
const TIMES: usize = 5;

/// `SoftHSM` tears its own token file when processes log in at the same time: without the start
/// lock, about half of these runs fail.
#[test]
fn heavy_eight_processes_share_a_token() {
    let token = softhsm::token("shared");
    token.generate(KeyAlgorithm::Ecdsa(Curve::P256), "release", "01");
    let touchmark = Touchmark::new(env!("CARGO_BIN_EXE_touchmark")).token(&token);
    let key = format!("pkcs11:token={};object=release", token.label);
    thread::scope(|scope| {
        for number in 0..PROCESSES {
            let (touchmark, key) = (&touchmark, &key);
            scope.spawn(move || {
                let file = format!("file-{number}");
                touchmark.write(&file, &file);
                for _ in 0..TIMES {
                    let sign = ["sign-blob", "--key", key, &file];
                    touchmark.command(sign).run().success();
                }
            });
        }
    });
    touchmark
        .command(["public-key", "--key", &key, "--outfile", "key.pub"])
        .run()
        .success();
    let files = (0..PROCESSES).map(|number| format!("file-{number}"));
    let verify = ["verify-blob", "--key", "key.pub"].map(String::from);
    touchmark
        .command(verify.into_iter().chain(files))
        .run()
        .success();
}
