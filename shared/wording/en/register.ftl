# Words of the register.
