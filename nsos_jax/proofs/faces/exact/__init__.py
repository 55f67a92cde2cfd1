"""Exact equations on a face: what they show, what they determine, and what satisfies them near a solution."""
