//! What is said of images: no signature, another's, one that was moved, registries out of reach.

use touchmark_testkit::peers::openssl;
use touchmark_testkit::registry::Registry;

use super::Transcript;
use crate::touchmark;

#[test]
fn images_without_a_good_signature_say_why() {
    let registry = Registry::olareg();
    let touchmark = touchmark();
    let other = openssl::generate("-algorithm EC -pkeyopt ec_paramgen_curve:P-256");
    touchmark.write("other.pub", openssl::public_key(&other).to_pem());
    touchmark.write("other.pem", other);
    let sbom = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","version":1}"#;
    touchmark.write("sbom.json", sbom);
    touchmark.write("no.rego", "package signature\ndefault allow = false");
    touchmark.write("bad.rego", "package signature\nallow {");
    touchmark.write("policy.cue", "");
    let image = |tag| registry.push_image("app", tag).by_tag();
    let (unsigned, signed, attested, absent) = (
        image("unsigned"),
        image("signed"),
        image("attested"),
        registry.repository("app:absent"),
    );
    let run = |arguments: &[&str]| drop(touchmark.command(arguments).run().success());
    run(&["sign", "--key", "other.pem", "-a", "built-by=ci", &signed]);
    let attest = ["attest", "--key", "key.pem", "--type", "cyclonedx"];
    run(&[&attest[..], &["--predicate", "sbom.json", &attested]].concat());

    let mut transcript = Transcript::new("images", &touchmark)
        .mask(&registry.address(), "[REGISTRY]")
        .mask(&registry.digest("app", "signed").unwrap(), "[SIGNED]")
        .mask(&registry.digest("app", "attested").unwrap(), "[ATTESTED]")
        .mask_digests();
    let verify = ["verify", "--key", "key.pub"];
    transcript.run(&[&verify[..], &[&unsigned]].concat());
    transcript.run(&[&verify[..], &[&absent]].concat());
    transcript.run(&[&verify[..], &[&signed]].concat());
    transcript.run(&[&verify[..], &[&attested]].concat());
    transcript.run(&["verify", "--key", "other.pub", "-a", "built-by=me", &signed]);
    transcript.run(&[&verify[..], &["127.0.0.1:1/app:1"]].concat());
    let attestation = ["verify-attestation", "--key", "key.pub", "--type"];
    transcript.run(&[&attestation[..], &["cyclonedx", &unsigned]].concat());
    transcript.run(&[&attestation[..], &["openvex", &attested]].concat());
    for policy in ["no.rego", "bad.rego", "policy.cue", "policy"] {
        transcript.run(
            &[
                &attestation[..],
                &["cyclonedx", "--policy", policy, &attested],
            ]
            .concat(),
        );
    }
    transcript.run(&["sign", "--key", "key.pem", &absent]);
    transcript.run(&["clean", &signed]);
    transcript.run(&["download", "signature", &unsigned]);
    transcript.run(&["download", "sbom", &unsigned]);
    transcript.run(&[
        "download",
        "attestation",
        "--platform",
        "linux/arm64",
        &unsigned,
    ]);
    transcript.run(&["copy", &signed, &attested]);
    transcript.run(&["load", "--dir", "nowhere", &signed]);
    transcript.run(&["attach", "home"]);
    transcript.check();
}
