"""The commands of the performance guide, over `kmidi bench`."""
