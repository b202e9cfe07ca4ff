"""What is wrong with a pattern; apart, because reading one needs the slow `regex` package."""


class PatternError(ValueError):
    """A pattern that Java's dialect, or this translation of it, does not accept.

    The message quotes the pattern, which comes from a script and never from a patient's data.
    """
