"""The gateway lets AI tools in safely: what leaves towards a model is inspected, what comes back is made whole."""
