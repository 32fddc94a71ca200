"""Say why Python cannot compile a file, and where."""


def mistake(path, name):
    """The line, column and reason, or None; what has no place has 0 for both."""
    with open(path, "rb") as file:
        data = file.read()
    try:
        compile(data, name, "exec", dont_inherit=True)
    except SyntaxError as error:
        return error.lineno or 1, max(error.offset or 1, 1), error.msg
    except ValueError as error:
        # A null byte, before Python 3.12.
        return 0, 0, str(error)
    return None
