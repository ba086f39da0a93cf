"""Asking a vision-language model: the question, who answers, and from the answer to the document."""
