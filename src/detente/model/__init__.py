"""The nouns: frozen dataclasses of the standard library, without any input or output."""
