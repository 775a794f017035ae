"""Whole studies from their raw files to tables and figures, as one writes them in a notebook."""
