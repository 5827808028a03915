"""Texts for the detectors of attacks on tools, made by varying grammars: what attackers write, and what others do."""
