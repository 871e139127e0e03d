"""Prints one value of a JSON document: pick.py PATH < DOCUMENT, where PATH is made of keys and numbers."""
import json
import sys

value = json.load(sys.stdin)
for step in sys.argv[1].split("."):
    if not step:
        continue
    value = value[int(step)] if isinstance(value, list) else value[step]
print(value if isinstance(value, str) else json.dumps(value))
