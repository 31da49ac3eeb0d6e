"""Values as `rich.text.Text`, one per line of the screen. Pure: knows no widget, no app, no file and no clock."""
