"""Small faults put into the code on purpose, one at a time: the tests of the module have to notice each."""
