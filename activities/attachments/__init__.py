"""Files that customers send along: what they are, whether they may be shown, and where they are kept."""
