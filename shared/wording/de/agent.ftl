# The agent's own words.
