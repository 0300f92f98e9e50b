"""Between nights: the models that decide triggers, made anew for the people concerned."""
