"""Files to Markdown: what each format says, as one text with headings, lists and tables."""
