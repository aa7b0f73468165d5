//! Runs the commands of the handbook, and compares the output that it shows.
//!
//! The `sh` blocks of one page run in order, in one `bash -eu` and one folder. A `text` block right
//! below an `sh` block is what the commands in it print on both outputs, compared after
//! [`handbook::mask`]. `norun="REASON"` keeps a block from being run; `cosign=2` runs it with
//! cosign 2. `registry.example` is a real registry that holds two images, `team/app:1.0` and, for two
//! platforms, `team/multi:1.0`. `TOUCHMARK_BLESS=1` writes the real output into the pages instead of comparing; review
//! the difference.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic as tests do"
)]

mod handbook;

use std::fmt::Write;
use std::fs;
use std::path::Path;

use handbook::markdown::{Block, Page};
use handbook::mask::mask;
use handbook::scratch::Scratch;
use handbook::{pages, root};
use touchmark_testkit::registry::Registry;

/// How the pages call the registry; its real address differs from run to run.
const REGISTRY: &str = "registry.example";

/// The pages with commands that run; each has a test below.
const GUIDES: [&str; 8] = [
    "README.md",
    "docs/guide-attestations.md",
    "docs/guide-cosign-plugin.md",
    "docs/guide-hsm.md",
    "docs/guide-images.md",
    "docs/guide-own-pki.md",
    "docs/guide-verify.md",
    "docs/quick-start.md",
];

#[test]
fn the_readme_holds() {
    run("README.md");
}

#[test]
fn the_quick_start_holds() {
    run("docs/quick-start.md");
}

#[test]
fn the_hsm_guide_holds() {
    run("docs/guide-hsm.md");
}

#[test]
fn the_guide_to_verifying_holds() {
    run("docs/guide-verify.md");
}

#[test]
fn the_guide_to_the_cosign_plugin_holds() {
    run("docs/guide-cosign-plugin.md");
}

#[test]
fn the_guide_to_images_holds() {
    run("docs/guide-images.md");
}

#[test]
fn the_guide_to_attestations_holds() {
    run("docs/guide-attestations.md");
}

#[test]
fn the_guide_to_ones_own_authority_holds() {
    run("docs/guide-own-pki.md");
}

#[test]
fn every_page_with_commands_is_run() {
    let mut with_commands = pages();
    with_commands.retain(|page| read(page).blocks.iter().any(is_run));
    assert_eq!(with_commands, GUIDES);
}

#[test]
fn these_blocks_alone_are_not_run() {
    let mut left_out = Vec::new();
    for page in pages() {
        for block in read(&page).blocks {
            left_out.extend(block.attribute("norun").map(|why| format!("{page}: {why}")));
        }
    }
    let expected = [
        "README.md: tests/tour.rs runs it",
        "README.md: runs every test, this one among them",
        "README.md: builds a release binary into the home folder",
        "README.md: needs a token; docs/guide-hsm.md is run",
        "docs/guide-cosign-plugin.md: needs a vendor's plugin",
        "docs/guide-hsm.md: installs packages as root",
        "docs/performance.md: takes half an hour on a quiet machine",
        "docs/quick-start.md: builds a release binary into the home folder",
    ];
    assert_eq!(left_out, expected);
}

/// A command in a block of another language would not be run.
#[test]
fn blocks_are_of_known_kinds() {
    for page in pages() {
        for Block {
            line,
            language,
            attributes,
            ..
        } in read(&page).blocks
        {
            let place = format!("{page}:{line}");
            assert!(
                ["sh", "text", "toml", "yaml", "rust"].contains(&language.as_str()),
                "{place}: a block of {language:?}"
            );
            for (name, _) in attributes {
                let known = language == "sh" && ["norun", "cosign"].contains(&name.as_str());
                assert!(known, "{place}: unknown {name:?}");
            }
        }
    }
}

/// The book is built from `docs/` alone, so its pages may link to nothing outside.
#[test]
fn links_lead_somewhere() {
    for page in pages() {
        let folder = Path::new(&page).parent().unwrap();
        for (line, link) in read(&page).links {
            if link.starts_with("https://") {
                continue;
            }
            let place = format!("{page}:{line}: {link}");
            assert!(!link.contains("://"), "{place}");
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if path.is_empty() {
                page.clone()
            } else {
                normal(folder, path)
            };
            assert!(root().join(&target).is_file(), "{place}: no such file");
            let leaves_the_book = page.starts_with("docs/") && !target.starts_with("docs/");
            assert!(!leaves_the_book, "{place} is not in the book");
            let known = anchor.is_empty() || read(&target).anchors.iter().any(|it| it == anchor);
            assert!(known, "{place}: no such heading");
        }
    }
}

/// What the troubleshooting table quotes is what the program says, with `…` for what varies.
#[test]
fn the_errors_of_the_hsm_guide_are_real() {
    const SIGN: &str = "touchmark sign-blob --key";
    const KEY: &str = "pkcs11:token=release;object=2026";
    let provoked = [
        format!("TOUCHMARK_PKCS11_MODULE= {SIGN} '{KEY}' f"),
        format!("{SIGN} '{KEY}?module-path=/nonexistent.so' f"),
        format!("{SIGN} '{KEY}?module-path=/etc/passwd' f"),
        format!("{SIGN} \"{KEY}?module-path=$a_library\" f"),
        format!("SOFTHSM2_CONF=/nonexistent {SIGN} '{KEY}' f"),
        format!("{SIGN} 'pkcs11:token=other;object=2026' f"),
        format!("{SIGN} 'pkcs11:token=twin;object=2026' f"),
        format!("{SIGN} 'pkcs11:token=release;object=other' f"),
        format!("{SIGN} 'pkcs11:token=release' f"),
        format!("TOUCHMARK_PIN= {SIGN} '{KEY}' f"),
        format!("TOUCHMARK_PIN=4321 {SIGN} '{KEY}' f"),
        format!("touchmark key disable '{KEY}'; {SIGN} '{KEY}' f"),
    ];
    // These need a token that locks, hangs or is swapped; the tests of the backend make such.
    let elsewhere = [
        "only one PIN try is left: not used",
        "the PIN is locked",
        "no user PIN has been set",
        "the private key's public half is not to be found",
        "the key is now …, it was …",
        "…: no answer within …",
    ];
    let mut rows = rows("docs/guide-hsm.md", "an error says");
    let source = fs::read_to_string(root().join("crates/pkcs11/src/error.rs")).unwrap();
    rows.retain(|row| {
        let is_elsewhere = elsewhere.contains(&row.as_str());
        let mut parts = row.split('…').filter(|_| is_elsewhere);
        assert!(
            parts.all(|part| source.contains(part)),
            "{row:?} is in no message"
        );
        !is_elsewhere
    });
    assert_eq!(rows.len(), provoked.len(), "{rows:#?}");
    let scratch = Scratch::new();
    let prepare =
        "mkdir -p tokens; printf 'directories.tokendir = %s\n' \"$PWD/tokens\" >softhsm.conf
        export SOFTHSM2_CONF=$PWD/softhsm.conf TOUCHMARK_PIN=1234
        export TOUCHMARK_PKCS11_MODULE=/usr/lib/softhsm/libsofthsm2.so
        a_library=$(ldd \"$(command -v bash)\" | sed -n 's/.*=> \\(.*libc\\.so[^ ]*\\).*/\\1/p')\n";
    let tokens = "for label in release twin twin; do
            softhsm2-util --init-token --free --label $label --pin 1234 --so-pin 12345678; done
        touchmark key generate 'pkcs11:token=release;object=2026'
        touchmark key generate 'pkcs11:token=release;object=2025'; echo x >f";
    let bash = |script: &str| scratch.bash(&["-c", &format!("{prepare}{script}")]).run();
    bash(&format!("set -e; {tokens}")).success();
    for (row, command) in rows.iter().zip(&provoked) {
        let said = bash(command).failure().stderr_text();
        let mut errors = said
            .lines()
            .filter_map(|line| line.strip_prefix("touchmark: error: "));
        let matches = |error: &str| {
            let found = row.split('…').try_fold(error, |rest, part| {
                rest.find(part).map(|at| &rest[at + part.len()..])
            });
            found.is_some()
        };
        assert!(
            errors.next_back().is_some_and(matches),
            "{row:?} is not what it says:\n{said}"
        );
    }
}

/// The quoted texts in the first column of the table with this heading.
fn rows(page: &str, heading: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join(page)).unwrap();
    let table = text
        .lines()
        .skip_while(|line| !line.contains(&format!("| {heading} |")));
    let rows = table.skip(2).take_while(|line| line.starts_with('|'));
    rows.filter_map(|row| row.split('|').nth(1))
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .map(str::to_owned)
        .collect()
}

/// mdBook shows only what its summary lists.
#[test]
fn the_summary_lists_every_page() {
    let links = read("docs/SUMMARY.md").links;
    let mut listed: Vec<String> = links
        .into_iter()
        .map(|(_, to)| format!("docs/{to}"))
        .collect();
    listed.extend(["README.md", "docs/SUMMARY.md"].map(String::from));
    listed.sort();
    assert_eq!(listed, pages());
}

#[test]
fn decisions_are_short_and_numbered_in_order() {
    let pages = pages();
    let decisions = pages
        .iter()
        .filter_map(|page| page.strip_prefix("docs/adr/0"));
    let mut count = 0;
    for (number, name) in (1..).zip(decisions) {
        let text = fs::read_to_string(root().join("docs/adr").join(format!("0{name}"))).unwrap();
        assert!(
            name.starts_with(&format!("{number:03}-")),
            "0{name}: not number {number}"
        );
        assert!(
            text.starts_with(&format!("# {number}. ")),
            "0{name}: its title's number"
        );
        assert!(
            text.lines().count() <= 40,
            "0{name} is longer than 40 lines"
        );
        count = number;
    }
    assert!(count > 0, "no decisions");
}

/// `./a/../b`, by its text.
fn normal(folder: &Path, path: &str) -> String {
    let mut parts: Vec<&str> = folder.to_str().unwrap().split('/').collect();
    parts.retain(|part| !part.is_empty());
    for part in path.split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop().unwrap()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn read(page: &str) -> Page {
    Page::read(&fs::read_to_string(root().join(page)).unwrap())
}

fn is_run(block: &Block) -> bool {
    block.language == "sh" && block.attribute("norun").is_none()
}

fn run(page: &str) {
    let blocks = read(page).blocks;
    let registry = registry(&blocks);
    let address = registry
        .as_ref()
        .map_or_else(|| REGISTRY.to_owned(), Registry::address);
    let scratch = Scratch::new();
    let outputs = scratch.work().join("../outputs");
    fs::create_dir(&outputs).unwrap();
    let script = script(&blocks, &scratch, &outputs).replace(REGISTRY, &address);
    let result = scratch.bash(&["-eu", "-c", &script]).run();
    let printed: Vec<Option<String>> = (0..blocks.len())
        .map(|index| fs::read_to_string(outputs.join(index.to_string())).ok())
        .map(|text| text.map(|text| text.replace(&address, REGISTRY)))
        .collect();
    if result.code != Some(0) {
        let last = printed.iter().rposition(Option::is_some).unwrap();
        let Block { line, text, .. } = &blocks[last];
        let said = printed[last].as_deref().unwrap_or_default();
        panic!(
            "{page}:{line} ended with {:?}:\n{text}\n{said}",
            result.code
        );
    }
    let shown = blocks
        .iter()
        .enumerate()
        .filter(|(_, block)| is_output(block));
    let shown = shown.filter(|(index, _)| is_run(&blocks[index - 1]));
    let pairs: Vec<(&Block, &str)> = shown
        .map(|(index, block)| (block, printed[index - 1].as_deref().unwrap()))
        .collect();
    if std::env::var_os("TOUCHMARK_BLESS").is_some() {
        return bless(page, &pairs);
    }
    for (Block { line, text, .. }, printed) in pairs {
        let (expected, found) = (mask(text), mask(printed));
        assert_eq!(
            expected, found,
            "{page}:{line}: this was printed:\n{printed}"
        );
    }
}

/// A registry with images, where a page has one.
fn registry(blocks: &[Block]) -> Option<Registry> {
    let mut run = blocks.iter().filter(|block| is_run(block));
    run.any(|block| block.text.contains(REGISTRY)).then(|| {
        let registry = Registry::olareg();
        registry.push_image("team/app", "1.0");
        registry.push_index("team/multi", "1.0");
        registry
    })
}

/// Whether the block shows what the block before printed.
fn is_output(block: &Block) -> bool {
    block.language == "text" && block.follows
}

/// One script of all blocks, which sends the output of each to a file of its own.
fn script(blocks: &[Block], scratch: &Scratch, outputs: &Path) -> String {
    let mut script = String::from("exec </dev/null\n");
    let outputs = outputs.display();
    for (index, block) in blocks.iter().enumerate().filter(|(_, block)| is_run(block)) {
        writeln!(script, "exec >'{outputs}/{index}' 2>&1").unwrap();
        match block.attribute("cosign") {
            None => script += &block.text,
            Some("2") => {
                let folder = scratch.cosign_2();
                writeln!(script, "PATH='{}':$PATH", folder.display()).unwrap();
                script += &block.text;
                script += "PATH=${PATH#*:}\n";
            }
            Some(other) => panic!("cosign={other}"),
        }
    }
    script
}

/// Writes what was printed into the page, where it differs.
fn bless(page: &str, pairs: &[(&Block, &str)]) {
    let path = root().join(page);
    let text = fs::read_to_string(&path).unwrap();
    let mut lines: Vec<String> = text.lines().map(|line| format!("{line}\n")).collect();
    for (block, printed) in pairs.iter().rev() {
        if mask(&block.text) != mask(printed) {
            let end = block.line + block.text.lines().count();
            lines.splice(block.line..end, [(*printed).to_owned()]);
        }
    }
    fs::write(path, lines.concat()).unwrap();
}
