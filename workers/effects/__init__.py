"""Effects: what is done to a recording before its conversion and to the result after it, the same however it is cut."""
