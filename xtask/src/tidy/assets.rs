//! Where pictures, fonts and sounds come from.

use super::{Report, tree::Tree};

/// The list of the assets with their makers and licences.
const LIST: &str = "assets/LICENCES.md";

/// What somebody has made, rather than written.
const MADE: &[&str] = &[
    "flac", "gif", "glb", "gltf", "jpeg", "jpg", "ktx2", "mp3", "ogg", "otf", "png", "svg", "ttf",
    "wav", "webp", "woff", "woff2",
];

/// Complains about assets that the list does not name, and about names without an asset.
pub fn check(tree: &Tree, report: &mut Report) {
    let assets: Vec<&str> = tree
        .files
        .iter()
        .filter_map(|file| file.path.strip_prefix("assets/"))
        .filter(|path| {
            path.rsplit_once('.')
                .is_some_and(|(_, extension)| MADE.contains(&extension))
        })
        .collect();
    let list = tree.text(LIST).unwrap_or_default();
    // A row of its table: | `file or folder/` | by whom | licence |
    let listed: Vec<&str> = list
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    for asset in &assets {
        if !listed.iter().any(|entry| holds(entry, asset)) {
            report.complain(format!(
                "assets/{asset}: {LIST} does not name it: add who made it, and under which licence"
            ));
        }
    }
    for entry in listed {
        if !assets.iter().any(|asset| holds(entry, asset)) {
            report.complain(format!(
                "{LIST}: there is no assets/{entry}: take its row out"
            ));
        }
    }
}

/// Whether the entry is the asset, or a folder (which ends with `/`) that it is in.
fn holds(entry: &str, asset: &str) -> bool {
    entry == asset || (entry.ends_with('/') && asset.starts_with(entry))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::temporary::report;

    #[test]
    fn each_asset_is_listed_with_its_licence() {
        let list = "| asset | by | licence |\n|---|---|---|\n| `icons/` | us | MIT |\n";
        let found = report(
            &[
                ("assets/icons/a.png", ""),
                ("assets/page.css", ""),
                (LIST, list),
            ],
            check,
        );
        assert_eq!(found.complaints, Vec::<String>::new());
        let found = report(&[("assets/boom.ogg", ""), (LIST, list)], check);
        let [asset, row] = found.complaints.as_slice() else {
            panic!("{:?}", found.complaints);
        };
        assert!(asset.starts_with("assets/boom.ogg: ") && asset.contains("which licence"));
        assert!(row.contains("no assets/icons/"), "{row}");
    }
}
