"""From body dynamics to bounded commands for exoskeletons and prostheses; algorithms without ROS."""
