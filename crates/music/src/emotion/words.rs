//! The vocabulary: six families of feelings, six kinds in each, six shades in each kind, and the words that describe
//! music rather than a person.
//!
//! The coordinates are the project's own judgement, in hundredths: valence, arousal, dominance. No rating norm went
//! into them. A word is judged as what the listener should feel, not as what its object is.

use super::Affect;
use alloc::vec::Vec;

/// A named emotion.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Word {
    /// The name, an adjective in lower case.
    pub name: &'static str,
    /// The family that it belongs to: joy, serenity, wonder, sadness, anger or fear.
    pub family: &'static str,
    /// The kind within the family, such as `grief` or `awe`.
    pub kind: &'static str,
    /// Where it lies.
    pub affect: Affect,
}

/// A shade: name, then valence, arousal and dominance in hundredths.
type Shade = (&'static str, i8, i8, i8);

/// A kind's name and its shades.
type Kind = (&'static str, [Shade; 6]);

/// Families, kinds and shades.
#[rustfmt::skip] // a row a kind, so that the shades of one kind can be weighed against each other
const TREE: [(&str, [Kind; 6]); 6] = [
    ("joy", [
        ("happiness", [("happy", 88, 45, 55), ("glad", 70, 25, 45), ("cheerful", 82, 45, 50), ("merry", 75, 42, 45), ("jolly", 72, 45, 45), ("delighted", 82, 50, 45)]),
        ("elation", [("elated", 78, 65, 50), ("joyful", 88, 55, 55), ("jubilant", 78, 70, 55), ("ecstatic", 82, 85, 45), ("euphoric", 78, 78, 40), ("exuberant", 70, 70, 50)]),
        ("triumph", [("triumphant", 75, 62, 85), ("victorious", 78, 60, 85), ("proud", 68, 40, 72), ("heroic", 70, 58, 80), ("glorious", 78, 52, 65), ("confident", 70, 30, 85)]),
        ("play", [("playful", 75, 50, 45), ("mischievous", 25, 48, 35), ("amused", 68, 38, 40), ("silly", 48, 35, 20), ("whimsical", 50, 22, 25), ("carefree", 70, 5, 45)]),
        ("hope", [("hopeful", 72, 25, 35), ("optimistic", 72, 25, 50), ("inspired", 75, 42, 50), ("eager", 55, 55, 40), ("uplifted", 75, 40, 45), ("encouraged", 65, 28, 42)]),
        ("energy", [("energetic", 68, 72, 60), ("excited", 75, 82, 45), ("lively", 70, 62, 50), ("passionate", 72, 70, 50), ("vibrant", 65, 55, 50), ("enthusiastic", 72, 65, 50)]),
    ]),
    ("serenity", [
        ("calm", [("calm", 62, -88, 45), ("peaceful", 75, -80, 45), ("tranquil", 62, -82, 35), ("serene", 68, -78, 40), ("relaxed", 72, -80, 45), ("quiet", 30, -78, 10)]),
        ("contentment", [("content", 65, -45, 45), ("satisfied", 70, -15, 50), ("comfortable", 70, -55, 48), ("grateful", 70, -8, 35), ("fulfilled", 72, 5, 55), ("blessed", 72, -5, 40)]),
        ("tenderness", [("tender", 58, -25, 15), ("gentle", 62, -55, 20), ("warm", 65, -30, 30), ("sweet", 65, -5, 20), ("soft", 50, -58, 5), ("caring", 72, -5, 40)]),
        ("love", [("loving", 85, 28, 45), ("affectionate", 76, 25, 42), ("romantic", 75, 40, 35), ("adoring", 72, 30, 25), ("devoted", 60, 10, 35), ("intimate", 65, 38, 30)]),
        ("reflection", [("reflective", 28, -48, 25), ("thoughtful", 55, -30, 40), ("dreamy", 55, -42, 5), ("meditative", 42, -70, 25), ("pensive", 2, -38, 0), ("contemplative", 22, -48, 20)]),
        ("rest", [("sleepy", 22, -82, -15), ("drowsy", -2, -75, -30), ("lazy", -15, -68, -15), ("cozy", 70, -62, 35), ("soothed", 62, -68, 25), ("safe", 68, -55, 50)]),
    ]),
    ("wonder", [
        ("surprise", [("surprised", 45, 65, 5), ("astonished", 40, 58, 5), ("amazed", 65, 60, 20), ("startled", -15, 62, -30), ("shocked", -35, 65, -35), ("stunned", -5, 48, -30)]),
        ("awe", [("awed", 55, 40, 5), ("majestic", 60, 25, 60), ("sublime", 55, 15, 30), ("reverent", 35, -25, 10), ("humble", 35, -40, 0), ("sacred", 42, -20, 30)]),
        ("curiosity", [("curious", 42, 35, 25), ("interested", 48, 28, 32), ("fascinated", 60, 42, 25), ("intrigued", 45, 38, 22), ("inquisitive", 42, 25, 35), ("absorbed", 18, 0, 5)]),
        ("mystery", [("mysterious", 20, 35, 5), ("enigmatic", 5, 15, 0), ("magical", 65, 45, 30), ("ethereal", 35, -25, 0), ("strange", -20, 20, -10), ("haunting", -30, 35, -25)]),
        ("expectation", [("expectant", 30, 28, 15), ("impatient", -38, 42, -10), ("restless", -28, 32, -15), ("suspenseful", 0, 58, -20), ("adventurous", 62, 62, 50), ("daring", 38, 62, 50)]),
        ("longing", [("nostalgic", 28, -20, 5), ("wistful", 5, -28, -10), ("bittersweet", 2, -8, -5), ("longing", -5, 15, -20), ("sentimental", 32, -12, 5), ("homesick", -45, -18, -35)]),
    ]),
    ("sadness", [
        ("sorrow", [("sad", -75, -42, -45), ("sorrowful", -68, -22, -45), ("unhappy", -70, -25, -40), ("mournful", -60, -22, -40), ("tearful", -52, 5, -45), ("heartbroken", -78, 15, -55)]),
        ("grief", [("grieving", -68, 0, -45), ("bereaved", -62, -10, -45), ("devastated", -80, 35, -60), ("anguished", -72, 42, -50), ("tormented", -72, 48, -55), ("inconsolable", -62, 10, -55)]),
        ("melancholy", [("melancholy", -42, -42, -30), ("gloomy", -55, -42, -30), ("somber", -42, -45, -18), ("downcast", -55, -38, -42), ("bleak", -52, -32, -30), ("moody", -35, 5, -15)]),
        ("despair", [("hopeless", -75, -15, -70), ("despairing", -72, 8, -65), ("desperate", -60, 32, -50), ("depressed", -78, -35, -60), ("miserable", -78, -5, -55), ("defeated", -60, -12, -65)]),
        ("loneliness", [("lonely", -65, -40, -45), ("abandoned", -70, -5, -60), ("isolated", -55, -30, -42), ("forlorn", -52, -28, -45), ("rejected", -65, 0, -55), ("empty", -48, -45, -40)]),
        ("weariness", [("tired", -38, -62, -38), ("weary", -38, -50, -35), ("exhausted", -45, -45, -45), ("bored", -45, -68, -25), ("numb", -42, -50, -45), ("apathetic", -42, -60, -28)]),
    ]),
    ("anger", [
        ("rage", [("angry", -70, 65, 20), ("furious", -68, 78, 25), ("enraged", -70, 82, 20), ("wrathful", -60, 65, 25), ("livid", -60, 65, 15), ("outraged", -60, 68, 15)]),
        ("hostility", [("hostile", -65, 55, 15), ("aggressive", -42, 68, 45), ("violent", -80, 70, 10), ("cruel", -75, 40, 10), ("vengeful", -58, 50, 15), ("menacing", -55, 50, 15)]),
        ("irritation", [("annoyed", -58, 32, -15), ("irritated", -58, 42, -15), ("frustrated", -60, 45, -30), ("grumpy", -50, 8, -10), ("agitated", -50, 55, -18), ("exasperated", -48, 45, -22)]),
        ("bitterness", [("bitter", -50, 12, -10), ("resentful", -58, 22, -22), ("jealous", -60, 42, -32), ("envious", -45, 28, -30), ("cynical", -40, 0, 0), ("sarcastic", -20, 20, 10)]),
        ("disgust", [("disgusted", -70, 38, -10), ("repulsed", -65, 35, -15), ("contemptuous", -48, 22, 15), ("revolted", -62, 38, -12), ("scornful", -52, 28, 8), ("sickened", -70, 22, -38)]),
        ("defiance", [("defiant", -18, 48, 50), ("rebellious", -2, 55, 40), ("fierce", -5, 62, 55), ("determined", 55, 42, 70), ("stubborn", -28, 28, 25), ("wild", 30, 70, 30)]),
    ]),
    ("fear", [
        ("fright", [("afraid", -65, 45, -55), ("scared", -65, 60, -55), ("frightened", -62, 60, -55), ("fearful", -60, 48, -50), ("terrified", -75, 75, -62), ("panicked", -65, 80, -60)]),
        ("horror", [("horrified", -72, 65, -50), ("dreadful", -65, 28, -42), ("sinister", -58, 38, -5), ("creepy", -52, 38, -25), ("eerie", -35, 32, -25), ("doomed", -70, 32, -58)]),
        ("anxiety", [("anxious", -48, 55, -38), ("nervous", -45, 52, -40), ("worried", -55, 38, -42), ("stressed", -62, 52, -45), ("frantic", -42, 70, -32), ("overwhelmed", -40, 45, -50)]),
        ("unease", [("tense", -40, 48, -22), ("uneasy", -45, 28, -35), ("suspicious", -38, 38, -5), ("wary", -30, 18, -12), ("hesitant", -25, 5, -28), ("confused", -42, 22, -42)]),
        ("vulnerability", [("vulnerable", -38, 8, -52), ("helpless", -62, -5, -72), ("insecure", -50, 2, -52), ("fragile", -22, -15, -42), ("timid", -18, -30, -45), ("shy", -2, -32, -38)]),
        ("shame", [("ashamed", -65, 12, -52), ("guilty", -62, 22, -42), ("embarrassed", -48, 32, -45), ("humiliated", -70, 35, -62), ("remorseful", -45, -5, -38), ("regretful", -50, -8, -38)]),
    ]),
];

/// Words for the mood of music, each filed under the kind that is closest.
const MOODS: &[(&str, &str, Shade)] = &[
    ("joy", "happiness", ("bright", 70, 35, 42)),
    ("joy", "happiness", ("sunny", 78, 25, 40)),
    ("joy", "happiness", ("fun", 82, 60, 45)),
    ("joy", "elation", ("festive", 72, 60, 42)),
    ("joy", "triumph", ("epic", 55, 65, 70)),
    ("joy", "triumph", ("brave", 62, 45, 70)),
    ("joy", "triumph", ("powerful", 50, 55, 85)),
    ("joy", "triumph", ("grand", 62, 30, 65)),
    ("joy", "play", ("funny", 80, 52, 42)),
    ("joy", "play", ("groovy", 62, 42, 42)),
    ("joy", "energy", ("upbeat", 72, 58, 50)),
    ("joy", "energy", ("danceable", 70, 62, 45)),
    ("joy", "energy", ("driving", 35, 60, 50)),
    ("joy", "energy", ("intense", 15, 75, 35)),
    ("joy", "energy", ("sexy", 70, 62, 45)),
    ("serenity", "calm", ("mellow", 52, -62, 28)),
    ("serenity", "calm", ("slow", -5, -65, -5)),
    ("serenity", "calm", ("cool", 58, -25, 45)),
    ("serenity", "contentment", ("light", 52, -22, 25)),
    ("serenity", "tenderness", ("beautiful", 82, 25, 45)),
    ("serenity", "tenderness", ("lovely", 78, 10, 38)),
    ("serenity", "love", ("sensual", 65, 45, 30)),
    ("serenity", "reflection", ("hypnotic", 15, -22, -10)),
    ("wonder", "awe", ("solemn", -12, -35, 8)),
    ("wonder", "awe", ("noble", 52, 5, 60)),
    ("wonder", "expectation", ("dramatic", 5, 55, 25)),
    ("sadness", "sorrow", ("tragic", -75, 20, -48)),
    ("sadness", "melancholy", ("dark", -35, 5, -10)),
    ("sadness", "melancholy", ("cold", -32, -20, -15)),
    ("sadness", "melancholy", ("heavy", -28, 10, 10)),
    ("anger", "defiance", ("chaotic", -40, 65, -25)),
    ("fear", "horror", ("ominous", -52, 40, -20)),
];

/// How many words there are.
const COUNT: usize = 216 + MOODS.len();

static WORDS: [Word; COUNT] = flat();

const fn affect((_, v, a, d): Shade) -> Affect {
    Affect { valence: v as f32 / 100.0, arousal: a as f32 / 100.0, dominance: d as f32 / 100.0 }
}

const fn flat() -> [Word; COUNT] {
    let mut out = [Word { name: "", family: "", kind: "", affect: affect(("", 0, 0, 0)) }; COUNT];
    let mut i = 0;
    while i < 216 {
        let (family, kinds) = TREE[i / 36];
        let (kind, shades) = kinds[i / 6 % 6];
        let shade = shades[i % 6];
        out[i] = Word { name: shade.0, family, kind, affect: affect(shade) };
        i += 1;
    }
    while i < COUNT {
        let (family, kind, shade) = MOODS[i - 216];
        out[i] = Word { name: shade.0, family, kind, affect: affect(shade) };
        i += 1;
    }
    out
}

/// Every named emotion: the tree's 216 first, family by family, then the words for moods of music.
pub fn words() -> &'static [Word] {
    &WORDS
}

/// The named emotion that lies closest to `affect`.
pub fn nearest(affect: Affect) -> &'static Word {
    let near = |a: &&Word, b: &&Word| distance(a.affect, affect).total_cmp(&distance(b.affect, affect));
    WORDS.iter().min_by(near).unwrap_or(&WORDS[0])
}

/// Every named emotion with its closeness to `affect`, the closest first: 1 is the same point, 0 as far away as can be.
pub fn by_closeness(affect: Affect) -> Vec<(&'static Word, f32)> {
    let most = distance(Affect::new(1.0, 1.0, 1.0), Affect::new(-1.0, -1.0, -1.0));
    let closeness = |word: &Word| 1.0 - libm::sqrtf(distance(word.affect, affect) / most);
    let mut ranked: Vec<_> = WORDS.iter().map(|word| (word, closeness(word))).collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    ranked
}

/// The square of the distance; dominance, on which people agree least, counts half.
fn distance(a: Affect, b: Affect) -> f32 {
    let square = |a: f32, b: f32| (a - b) * (a - b);
    square(a.valence, b.valence) + square(a.arousal, b.arousal) + 0.5 * square(a.dominance, b.dominance)
}

/// Other forms of a name that no rule of inflection reaches, and names of more than one word.
pub(super) const FORMS: &[(&str, &str)] = &[
    ("acceptance", "peaceful"),
    ("accepting", "peaceful"),
    ("all alone", "lonely"),
    ("alone", "lonely"),
    ("anger", "angry"),
    ("anguish", "anguished"),
    ("anticipation", "expectant"),
    ("anxiety", "anxious"),
    ("at ease", "relaxed"),
    ("at peace", "peaceful"),
    ("awe", "awed"),
    ("awestruck", "awed"),
    ("beauty", "beautiful"),
    ("bereavement", "bereaved"),
    ("bitter sweet", "bittersweet"),
    ("bliss", "ecstatic"),
    ("blissful", "ecstatic"),
    ("blue", "melancholy"),
    ("boredom", "bored"),
    ("bouncy", "lively"),
    ("broken hearted", "heartbroken"),
    ("burned out", "exhausted"),
    ("celebration", "festive"),
    ("celebratory", "festive"),
    ("chaos", "chaotic"),
    ("chill", "mellow"),
    ("chilled", "mellow"),
    ("comfort", "comfortable"),
    ("contempt", "contemptuous"),
    ("courage", "brave"),
    ("courageous", "brave"),
    ("curiosity", "curious"),
    ("danger", "menacing"),
    ("dangerous", "menacing"),
    ("dejected", "downcast"),
    ("depression", "depressed"),
    ("desire", "longing"),
    ("despair", "despairing"),
    ("desperation", "desperate"),
    ("determination", "determined"),
    ("disgusting", "disgusted"),
    ("doubt", "hesitant"),
    ("down hearted", "downcast"),
    ("drama", "dramatic"),
    ("dread", "dreadful"),
    ("dream", "dreamy"),
    ("dreamlike", "dreamy"),
    ("ease", "relaxed"),
    ("easy going", "carefree"),
    ("ecstasy", "ecstatic"),
    ("elegiac", "mournful"),
    ("elegy", "mournful"),
    ("emptiness", "empty"),
    ("energy", "energetic"),
    ("enthusiasm", "enthusiastic"),
    ("envy", "envious"),
    ("euphoria", "euphoric"),
    ("fast", "energetic"),
    ("fatigue", "tired"),
    ("fatigued", "tired"),
    ("fear", "afraid"),
    ("fearless", "brave"),
    ("fed up", "exasperated"),
    ("feel good", "happy"),
    ("fiery", "passionate"),
    ("fragility", "fragile"),
    ("frenzied", "frantic"),
    ("fright", "frightened"),
    ("frightening", "frightened"),
    ("funky", "groovy"),
    ("fury", "furious"),
    ("generosity", "caring"),
    ("glory", "glorious"),
    ("gratitude", "grateful"),
    ("grief", "grieving"),
    ("grief stricken", "grieving"),
    ("guilt", "guilty"),
    ("happy go lucky", "carefree"),
    ("hate", "hostile"),
    ("hateful", "hostile"),
    ("hatred", "hostile"),
    ("heart broken", "heartbroken"),
    ("heart warming", "warm"),
    ("heartache", "heartbroken"),
    ("heartbreak", "heartbroken"),
    ("heartwarming", "warm"),
    ("high spirited", "exuberant"),
    ("holy", "sacred"),
    ("horror", "horrified"),
    ("hurt", "tormented"),
    ("ill at ease", "uneasy"),
    ("in a rage", "enraged"),
    ("in awe", "awed"),
    ("in despair", "despairing"),
    ("in high spirits", "exuberant"),
    ("in love", "loving"),
    ("in tears", "tearful"),
    ("inspirational", "inspired"),
    ("jealousy", "jealous"),
    ("joy", "joyful"),
    ("joyous", "joyful"),
    ("laid back", "mellow"),
    ("let down", "defeated"),
    ("light hearted", "carefree"),
    ("lighthearted", "carefree"),
    ("loss", "bereaved"),
    ("love", "loving"),
    ("mad", "angry"),
    ("magic", "magical"),
    ("majesty", "majestic"),
    ("melancholia", "melancholy"),
    ("melancholic", "melancholy"),
    ("menace", "menacing"),
    ("misery", "miserable"),
    ("mourning", "mournful"),
    ("mystery", "mysterious"),
    ("nobility", "noble"),
    ("nostalgia", "nostalgic"),
    ("numbness", "numb"),
    ("on edge", "tense"),
    ("optimism", "optimistic"),
    ("pain", "tormented"),
    ("painful", "tormented"),
    ("panic", "panicked"),
    ("panicky", "panicked"),
    ("passion", "passionate"),
    ("peace", "peaceful"),
    ("peace of mind", "peaceful"),
    ("power", "powerful"),
    ("pride", "proud"),
    ("quick", "lively"),
    ("rage", "enraged"),
    ("raging", "enraged"),
    ("rapid", "energetic"),
    ("rebellion", "rebellious"),
    ("regret", "regretful"),
    ("relief", "soothed"),
    ("relieved", "soothed"),
    ("remorse", "remorseful"),
    ("resolute", "determined"),
    ("restful", "relaxed"),
    ("revenge", "vengeful"),
    ("romance", "romantic"),
    ("safety", "safe"),
    ("scary", "scared"),
    ("serenity", "serene"),
    ("shame", "ashamed"),
    ("shock", "shocked"),
    ("solace", "soothed"),
    ("solitude", "lonely"),
    ("sombre", "somber"),
    ("soothing", "soothed"),
    ("sorrow", "sorrowful"),
    ("speedy", "energetic"),
    ("spooky", "eerie"),
    ("suspense", "suspenseful"),
    ("tears", "tearful"),
    ("tenderhearted", "tender"),
    ("tension", "tense"),
    ("terrifying", "terrified"),
    ("terror", "terrified"),
    ("threatening", "menacing"),
    ("thrilled", "excited"),
    ("thrilling", "excited"),
    ("torment", "tormented"),
    ("tragedy", "tragic"),
    ("triumph", "triumphant"),
    ("uncertain", "hesitant"),
    ("unsettled", "uneasy"),
    ("unsettling", "uneasy"),
    ("up tempo", "upbeat"),
    ("upset", "unhappy"),
    ("uptempo", "upbeat"),
    ("vengeance", "vengeful"),
    ("victory", "victorious"),
    ("violence", "violent"),
    ("warmth", "warm"),
    ("whim", "whimsical"),
    ("wonder", "amazed"),
    ("wonderful", "delighted"),
    ("worn out", "exhausted"),
    ("worry", "worried"),
    ("wrath", "wrathful"),
    ("yearning", "longing"),
    ("zen", "meditative"),
];
