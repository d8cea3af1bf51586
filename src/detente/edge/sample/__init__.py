"""The sample company: real facts about real CVEs, and scanner reports made from them. Pure; writing is the demo's."""
