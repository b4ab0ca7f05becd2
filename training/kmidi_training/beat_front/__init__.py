"""The beat front end: what in the sound, or in the notes, is an onset, a beat, a downbeat."""
