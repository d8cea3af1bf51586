"""One plan both can ship: what is patched on which day, priced for breach and outage alike."""
