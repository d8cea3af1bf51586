"""One queue both trust: reports become findings, findings become priced fixes, fixes reach the squad that owns them."""
