"""What programs share: settings, files, and a folder for each subject; see scripts/*.py."""
