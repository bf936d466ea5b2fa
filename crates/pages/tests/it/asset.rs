//! The files that pages refer to.

use aws_lc_rs::digest::{SHA256, digest};
use pages::{Language, assets};

use crate::specimens;
use crate::tag::tags;

#[test]
fn names_carry_the_hash_of_their_content() {
    for asset in assets::ALL {
        let digest = digest(&SHA256, asset.bytes);
        let first = digest.as_ref().first_chunk::<4>().expect("32 bytes");
        let hash = format!("{:08x}", u32::from_be_bytes(*first));
        let (stem, rest) = asset.name.rsplit_once('-').expect("a hash");
        let (_, extension) = rest.split_once('.').expect("an extension");
        assert_eq!(asset.name, format!("{stem}-{hash}.{extension}"));
    }
}

#[test]
fn pages_refer_to_nothing_else_and_to_everything() {
    let mut used = std::collections::BTreeSet::new();
    for page in specimens::all(Language::English) {
        for tag in tags(&page.html) {
            for value in [tag.get("href"), tag.get("src")].into_iter().flatten() {
                if let Some(name) = value.strip_prefix("/t/demo/assets/") {
                    used.insert(name.to_owned());
                }
            }
        }
    }
    let there: std::collections::BTreeSet<String> = assets::ALL.iter().map(|asset| asset.name.to_owned()).collect();
    assert_eq!(used, there);
}

#[test]
fn files_load_nothing_from_elsewhere() {
    for asset in assets::ALL {
        let text = str::from_utf8(asset.bytes)
            .expect("text")
            .replace("http://www.w3.org/2000/svg", "");
        for word in [
            "http:",
            "https:",
            "//cdn",
            "@import",
            "url(",
            "fetch(",
            "XMLHttpRequest",
            "import(",
            "eval(",
            "innerHTML",
        ] {
            assert!(!text.contains(word), "{} in {}", word, asset.name);
        }
    }
}
