"""Tests of scripts, and what they reach."""
