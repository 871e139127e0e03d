# Words: absent.
