"""Write MediaPipe's own landmarks of a few frames as a reference for this project's decoder.

MediaPipe needs numpy < 2, so it runs in an environment of its own:

    python3.11 -m venv mediapipe_env
    mediapipe_env/bin/pip install mediapipe==0.10.21
    mediapipe_env/bin/python tests/tools/mediapipe_golden.py VIDEO OUT.csv

VIDEO is cam01.mp4 of Pose2Sim's single-person demonstration (BSD-3-Clause, `make samples`).
"""

import csv
import sys

import cv2
import mediapipe

FRAMES = (0, 1, 2, 10)


def main() -> None:
    video, out = sys.argv[1:]
    capture = cv2.VideoCapture(video)
    pose = mediapipe.solutions.pose.Pose(model_complexity=1, smooth_landmarks=False)
    with open(out, "w", newline="") as file:
        file.write(
            "# MediaPipe 0.10.21, Pose(model_complexity=1, smooth_landmarks=False), cam01.mp4 of "
            "Pose2Sim 0.10.49 (BSD-3-Clause); made by tests/tools/mediapipe_golden.py\n"
        )
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["frame", "landmark", "x_px", "y_px", "visibility", "x_m", "y_m", "z_m"])
        for frame in range(max(FRAMES) + 1):
            image = capture.read()[1]
            found = pose.process(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
            if frame not in FRAMES:
                continue
            height_px, width_px = image.shape[:2]
            pairs = zip(
                found.pose_landmarks.landmark, found.pose_world_landmarks.landmark, strict=True
            )
            for index, (pixel, metric) in enumerate(pairs):
                numbers = (pixel.x * width_px, pixel.y * height_px, pixel.visibility)
                row = [*numbers, metric.x, metric.y, metric.z]
                writer.writerow([frame, index, *(f"{value:.5f}" for value in row)])


if __name__ == "__main__":
    main()
