"""What goes wrong with a formula."""


class FormulaError(ValueError):
    """A formula that means nothing. Its text shows the place, with a caret.

    ``message`` is the first message alone, ``where`` the text that it is about
    (``<formula>``, ``<alias 1>``, ...), ``line`` and ``column`` the place in
    it, counted from 1; 0 if it is about no place.
    """

    def __init__(self, text, message="", where="", line=0, column=0):
        super().__init__(text)
        self.message = message
        self.where = where
        self.line = line
        self.column = column

    def __reduce__(self):
        place = (self.message, self.where, self.line, self.column)
        return type(self), (self.args[0], *place)
