"""Materials made from Markdown: trainer manual, slides and handouts as accessible PDFs. No database, no store."""
