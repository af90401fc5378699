"""Quotes: what a licence would cost, on paper, for anybody who asks; and questions about a programme."""
