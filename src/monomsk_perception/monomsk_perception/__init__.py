"""Camera images to landmarks, and landmarks to the posture of a person."""
