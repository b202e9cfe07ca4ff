"""Confidentiality profiles as data."""
