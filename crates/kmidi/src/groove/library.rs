//! The grooves that come with the program. Each file says where it comes from and under which licence.

use kmidi_studio::groove::Template;

const FILES: [&str; 33] = [
    include_str!("../../../../grooves/afro-cuban.json"),
    include_str!("../../../../grooves/afrobeat.json"),
    include_str!("../../../../grooves/baiao.json"),
    include_str!("../../../../grooves/bembe.json"),
    include_str!("../../../../grooves/blues-shuffle.json"),
    include_str!("../../../../grooves/bossa-nova.json"),
    include_str!("../../../../grooves/brazilian.json"),
    include_str!("../../../../grooves/breakbeat.json"),
    include_str!("../../../../grooves/calypso.json"),
    include_str!("../../../../grooves/country.json"),
    include_str!("../../../../grooves/disco.json"),
    include_str!("../../../../grooves/funk.json"),
    include_str!("../../../../grooves/funk-latin.json"),
    include_str!("../../../../grooves/hip-hop.json"),
    include_str!("../../../../grooves/ijexa.json"),
    include_str!("../../../../grooves/jazz.json"),
    include_str!("../../../../grooves/jazz-funk.json"),
    include_str!("../../../../grooves/jazz-march.json"),
    include_str!("../../../../grooves/jazz-medium-fast.json"),
    include_str!("../../../../grooves/jazz-swing.json"),
    include_str!("../../../../grooves/latin.json"),
    include_str!("../../../../grooves/new-orleans-funk.json"),
    include_str!("../../../../grooves/pop.json"),
    include_str!("../../../../grooves/punk.json"),
    include_str!("../../../../grooves/reggae.json"),
    include_str!("../../../../grooves/rock.json"),
    include_str!("../../../../grooves/rock-indie.json"),
    include_str!("../../../../grooves/rock-shuffle.json"),
    include_str!("../../../../grooves/samba.json"),
    include_str!("../../../../grooves/second-line.json"),
    include_str!("../../../../grooves/songo.json"),
    include_str!("../../../../grooves/soul.json"),
    include_str!("../../../../grooves/soul-motown.json"),
];

/// All of them, by name.
pub fn grooves() -> Vec<Template> {
    FILES.iter().filter_map(|text| Template::from_json(text).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_a_groove_with_a_name_a_licence_and_whom_to_thank() {
        let all = grooves();
        assert_eq!(all.len(), FILES.len());
        assert!(all.len() >= 24 && all.is_sorted_by(|a, b| a.name < b.name));
        // Of two performances a median says less.
        assert!(all.iter().filter(|groove| groove.performances >= 3).count() >= 24);
        for groove in all {
            assert!(
                groove.licence == "CC BY 4.0" && groove.attribution.contains("Gillick"),
                "{}",
                groove.name
            );
            assert!(groove.performances >= 2 && groove.cells.len() >= 8, "{}", groove.name);
            groove.live().unwrap_or_else(|error| panic!("{}: {error}", groove.name));
        }
    }
}
