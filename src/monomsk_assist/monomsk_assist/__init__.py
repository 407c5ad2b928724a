"""From body dynamics to bounded commands for devices on the body; algorithms without ROS."""
