//! Instruments by name.

use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// An instrument: its General MIDI program (0 to 127) and the lowest and highest MIDI note it plays well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::compose) struct Player {
    pub(in crate::compose) name: &'static str,
    pub(in crate::compose) program: u8,
    pub(in crate::compose) low: u8,
    pub(in crate::compose) high: u8,
}

const fn player(name: &'static str, program: u8, low: u8, high: u8) -> Player {
    Player { name, program, low, high }
}

/// Programs are those of General MIDI, level 1; ranges are the written practice of Adler (2002), "The Study of
/// Orchestration", and of synthesisers the project's own.
const PLAYERS: [Player; 31] = [
    Player::PIANO,
    player("Electric Piano", 4, 28, 96),
    player("Vibraphone", 11, 53, 89),
    player("Marimba", 12, 45, 96),
    player("Drawbar Organ", 16, 36, 96),
    player("Accordion", 21, 53, 89),
    player("Harmonica", 22, 58, 96),
    player("Nylon Guitar", 24, 40, 84),
    player("Acoustic Guitar", 25, 40, 84),
    player("Jazz Guitar", 26, 40, 84),
    player("Clean Guitar", 27, 40, 86),
    player("Muted Guitar", 28, 40, 86),
    player("Overdriven Guitar", 29, 40, 86),
    player("Distortion Guitar", 30, 40, 86),
    player("Acoustic Bass", 32, 28, 67),
    player("Electric Bass", 33, 28, 67),
    player("Picked Bass", 34, 28, 67),
    player("Slap Bass", 36, 28, 67),
    player("Synth Bass", 38, 24, 67),
    player("Violin", 40, 55, 100),
    player("Viola", 41, 48, 88),
    player("Cello", 42, 36, 81),
    player("Strings", 48, 36, 96),
    player("Trumpet", 56, 54, 86),
    player("Alto Sax", 65, 49, 85),
    player("Tenor Sax", 66, 44, 80),
    player("Clarinet", 71, 50, 91),
    player("Flute", 73, 60, 96),
    player("Saw Lead", 81, 36, 96),
    player("Warm Pad", 89, 36, 96),
    player("Square Lead", 80, 36, 96),
];

impl Player {
    pub(in crate::compose) const PIANO: Player = player("Piano", 0, 21, 108);
}

impl<'de> Deserialize<'de> for Player {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        let name = String::deserialize(source)?;
        PLAYERS.iter().find(|p| p.name == name).copied().ok_or_else(|| {
            let known = PLAYERS.map(|p| p.name).join(", ");
            D::Error::custom(format!("there is no instrument {name:?}; use {known}"))
        })
    }
}
