//! English phrases of our own, each with the quadrant that most people would name: 1 glad and excited, 2 unhappy and excited,
//! 3 unhappy and calm, 4 glad and calm.

const PHRASES: [(&str, u8); 60] = [
    ("a joyful summer morning", 1),
    ("we won and the whole street is cheering", 1),
    ("excited like a child before a birthday", 1),
    ("triumphant", 1),
    ("a happy dance", 1),
    ("full of energy and delight", 1),
    ("euphoric, hands in the air", 1),
    ("playful and bright", 1),
    ("an adventurous, hopeful journey", 1),
    ("proud and victorious", 1),
    ("cheerful", 1),
    ("an ecstatic celebration", 1),
    ("enthusiastic and bold", 1),
    ("the thrill of a first kiss, elated", 1),
    ("jubilant bells", 1),
    ("furious", 2),
    ("I am so angry that I could scream", 2),
    ("terrified of the dark", 2),
    ("a panic that will not stop", 2),
    ("hateful and violent", 2),
    ("anxious before the storm", 2),
    ("rage against everything", 2),
    ("a threatening chase", 2),
    ("frantic and desperate", 2),
    ("tense, nervous waiting", 2),
    ("jealous and bitter", 2),
    ("horror in an empty house", 2),
    ("outraged", 2),
    ("alarmed and afraid", 2),
    ("hostile", 2),
    ("sad", 3),
    ("grieving for my father", 3),
    ("lonely in a big city", 3),
    ("tired and hopeless", 3),
    ("a melancholy autumn rain", 3),
    ("depressed, nothing matters", 3),
    ("bored and empty", 3),
    ("heartbroken and quiet", 3),
    ("mournful", 3),
    ("numb with sorrow", 3),
    ("gloomy and slow", 3),
    ("homesick", 3),
    ("weary after a long illness", 3),
    ("resigned and disappointed", 3),
    ("a sorrowful goodbye", 3),
    ("calm", 4),
    ("peaceful evening by the lake", 4),
    ("gentle and tender", 4),
    ("content with a cup of tea", 4),
    ("relaxed on a Sunday afternoon", 4),
    ("serene", 4),
    ("a soft lullaby, safe and warm", 4),
    ("grateful and at ease", 4),
    ("cozy by the fire", 4),
    ("dreamy and mellow", 4),
    ("quietly happy", 4),
    ("a tranquil garden", 4),
    ("comforted", 4),
    ("satisfied after a good day", 4),
    ("soothing and light", 4),
];

#[test]
fn most_phrases_are_understood_as_people_do() {
    let mut wrong = Vec::new();
    for (text, quadrant) in PHRASES {
        let found = kmidi::intent_from_text(text).ok().map(|intent| intent.arc[0].1);
        if found.map(kmidi::music::Affect::quadrant) != Some(quadrant) {
            wrong.push(format!("{text}: {found:?}, not {quadrant}"));
        }
    }
    let right = PHRASES.len() - wrong.len();
    println!("{right} of {}\n{}", PHRASES.len(), wrong.join("\n"));
    assert!(right * 100 >= 85 * PHRASES.len(), "{}", wrong.join("\n"));
}
