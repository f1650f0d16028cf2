"""The nouns that every other package shares."""
