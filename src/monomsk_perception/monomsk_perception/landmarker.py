"""Images to the landmarks of one person: detector, tracked crop, one person followed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from monomsk_perception.appearance import look
from monomsk_perception.blazepose_landmarks import RegionLandmarks
from monomsk_perception.errors import ImageError
from monomsk_perception.identity import Identity
from monomsk_perception.landmark_networks import LandmarkNetworks
from monomsk_perception.landmarker_options import LandmarkerOptions
from monomsk_perception.landmarks import Landmarks
from monomsk_perception.person_choice import Patience, areas, distinct, is_inside, preferred
from monomsk_perception.person_follower import PersonFollower
from monomsk_perception.region import Region
from monomsk_perception.tracking import LandmarkEstimator, PersonDetector, TrackingStatus

Image = npt.NDArray[np.uint8]
FloatArray = npt.NDArray[np.float64]

#: Leaving the path by more than this, in region sizes, is somebody else if the looks changed too.
_SURPRISE = 0.05
_AGILITY_DECAY = 0.97  # per image
_AGILE = 0.15  # somersaults: colours turn and blur, so that looks prove nothing
_MOST_CANDIDATES = 2  # bounds the time that one image can take, as the looks of the networks do
_MIN_SIDE_PX = 32  # smaller ones are noise to the networks, yet some noise is a person


class Landmarker:
    """Follows one person from image to image.

    Whom to follow first is an option (the largest person). From then on the crop follows that
    person; landmarks that would make the person jump or change size abruptly are somebody else's
    and are refused, and so are those that leave the person's path and wear other colours: another
    person who crossed. On a loss the detector runs at once, in the same image. For ``hold_s`` only
    the same person near the last place is accepted (`TrackingStatus.LOST`, and ACQUIRED on return).
    After that anybody is, doubtful ones after a second: somebody who looks like the lost person
    keeps the number, others count `person_number` up. The detector then runs ever less often.

    Landmarks come out unfiltered. A stamp older than the one before is a new recording: the
    landmarker resets itself.

    Args:
        models: Networks, thresholds and times.
        detector: Another detector than BlazePose's.
        estimator: Another landmark network than BlazePose's.

    Raises:
        ModelFileError: If a model file is missing or damaged.

    Attributes:
        options: Networks, thresholds and times in use.
        networks: Those in use; their times are of the last image.
    """

    def __init__(
        self,
        models: LandmarkerOptions | None = None,
        detector: PersonDetector | None = None,
        estimator: LandmarkEstimator | None = None,
    ) -> None:
        self.options = models or LandmarkerOptions()
        self.networks = LandmarkNetworks(self.options, detector, estimator)
        self._follower = PersonFollower(self.options)
        self._identity = Identity()
        self._agility = 0.0  # surprise that this person's own motion gave lately
        self._status = TrackingStatus.NO_PERSON
        self._person_number = 0
        self._people = 0
        self._searches = 0
        self._patience = Patience()
        self._last_stamp_ns: int | None = None

    @property
    def status(self) -> TrackingStatus:
        """What became of the last image."""
        return self._status

    @property
    def person_number(self) -> int:
        """Counts the people followed so far: the same number, the same person; 0 before any."""
        return self._person_number

    def retune(self, options: LandmarkerOptions) -> None:
        """Go on with other options; who is followed stays, unless the rule changed.

        Raises:
            ModelFileError: If another landmark network cannot be loaded.
        """
        self.networks.retune(options)
        before, self.options = self.options, options
        self._follower.retune(options)
        if (options.person, options.person_box) != (before.person, before.person_box):
            self.forget_people()

    def reset(self) -> None:
        """Forget where the person is: the next image is searched."""
        self._follower.forget()
        self._searches = 0
        self._patience = Patience()
        self._status = TrackingStatus.NO_PERSON
        self._last_stamp_ns = None

    def forget_people(self) -> None:
        """Forget also what the person looks like: whoever comes next is somebody else."""
        self.reset()
        self._identity = Identity()

    def miss(self, stamp_ns: int) -> None:
        """Nobody can be seen at this time: take note without looking."""
        self._status = self._status_without_person(stamp_ns)
        self._last_stamp_ns = stamp_ns

    def detect(self, image_bgr: Image, stamp_ns: int) -> Landmarks | None:
        """Find the followed person's landmarks.

        Args:
            image_bgr: (height, width, 3) image; neither copied nor changed.
            stamp_ns: The image's stamp [ns].

        Returns:
            The landmarks, or None: see `status`.

        Raises:
            ImageError: If the image has a wrong shape or type.
        """
        _check_image(image_bgr)
        self.networks.start_timing()
        if self._last_stamp_ns is not None and stamp_ns < self._last_stamp_ns:
            self.forget_people()
        self._last_stamp_ns = stamp_ns
        found = self._track(image_bgr, stamp_ns)
        self._status = TrackingStatus.TRACKING
        if found is None:
            found = self._search(image_bgr, stamp_ns)
            self._status = TrackingStatus.ACQUIRED
        if found is None:
            self._status = self._status_without_person(stamp_ns)
            return None
        height_px, width_px = image_bgr.shape[:2]
        return Landmarks(
            stamp_ns=stamp_ns,
            pixels=found.pixels,
            visibility=found.visibility,
            presence=found.presence,
            metric=found.metric,
            score=found.score,
            image_size=(width_px, height_px),
        )

    def _status_without_person(self, stamp_ns: int) -> TrackingStatus:
        waiting = self._follower.is_waiting(stamp_ns)
        return TrackingStatus.LOST if waiting else TrackingStatus.NO_PERSON

    def _track(self, image_bgr: Image, stamp_ns: int) -> RegionLandmarks | None:
        """Look where the person was in the image before."""
        region = self._follower.region_to_track(stamp_ns)
        if region is None:
            return None
        found = self._estimate(image_bgr, region)
        if found is None:
            return None
        place = Region.around_body(*found.alignment)
        if not self._follower.is_same_person(place, stamp_ns):
            return None
        seen = look(image_bgr, found.pixels, found.visibility)
        surprise = self._follower.surprise(place, stamp_ns)
        changed = self._identity.changed_suddenly(seen)
        if changed and surprise > max(_SURPRISE, 1.5 * self._agility):
            return None
        if not changed:
            self._agility = max(surprise, _AGILITY_DECAY * self._agility)
            self._identity.learn(seen, stamp_ns, without_doubt=surprise < _SURPRISE)
        self._follower.update(found.alignment, stamp_ns, restart=False)
        return found

    def _search(self, image_bgr: Image, stamp_ns: int) -> RegionLandmarks | None:
        """Look for the person around the last place, or for anybody in the whole image."""
        if not self._follower.search_is_due(stamp_ns):
            return None
        waiting = self._follower.is_waiting(stamp_ns)
        regions = self._candidates(self._find_people(image_bgr, stamp_ns), image_bgr, stamp_ns)
        strangers = []
        for region in regions[:_MOST_CANDIDATES]:
            found = self._estimate(image_bgr, region)
            if found is None:
                continue
            seen = look(image_bgr, found.pixels, found.visibility)
            if waiting:
                place = Region.around_body(*found.alignment)
                near = self._follower.is_same_person(place, stamp_ns)
                if near and (self._agility > _AGILE or not self._identity.is_other(seen)):
                    return self._take(found, seen, stamp_ns)
            elif self._is_remembered(seen, stamp_ns):
                return self._take(found, seen, stamp_ns)
            else:
                strangers.append((found, seen))
        if not strangers:
            return None
        self._identity, self._agility = Identity(), 0.0
        self._people += 1
        self._person_number = self._people
        return self._take(*strangers[0], stamp_ns)

    def _take(
        self, found: RegionLandmarks, seen: FloatArray | None, stamp_ns: int
    ) -> RegionLandmarks:
        """Follow this person from now on."""
        self._identity.learn(seen, stamp_ns)
        self._follower.update(found.alignment, stamp_ns, restart=True)
        return found

    def _find_people(self, image_bgr: Image, stamp_ns: int) -> list[Region]:
        """Everybody in view, or in the area where the lost person can be."""
        near, options = self._follower.area_to_search(stamp_ns), self.options
        if near is not None:
            found = self.networks.detect(image_bgr, [near])
        else:
            places = areas(options.person, options.person_box, _size(image_bgr), self._searches)
            found = self.networks.detect(image_bgr, places)
            self._searches += 1
            if options.person != "region":
                found = self._patience.accepted(found, stamp_ns)
        return distinct([d.region for d in sorted(found, key=lambda d: -d.score)])

    def _candidates(self, regions: list[Region], image_bgr: Image, stamp_ns: int) -> list[Region]:
        """People worth a look, best first."""
        if self._follower.is_waiting(stamp_ns):
            return self._follower.candidates(regions, stamp_ns)
        options = self.options
        return preferred(regions, options.person, options.person_box, _size(image_bgr))

    def _is_remembered(self, seen: FloatArray | None, stamp_ns: int) -> bool:
        away_s = (stamp_ns - self._identity.seen_ns) * 1e-9
        return away_s <= self.options.remember_s and self._identity.is_same(seen)

    def _estimate(self, image_bgr: Image, region: Region) -> RegionLandmarks | None:
        """Landmarks of somebody who may be followed in a region; None without."""
        found = self.networks.estimate(image_bgr, region)
        if found is None:
            return None
        place = Region.around_body(*found.alignment)
        if not place.is_valid:
            return None
        box = self.options.person_box
        if self.options.person == "region" and not is_inside(place, box, _size(image_bgr)):
            return None
        return found


def _size(image_bgr: Image) -> tuple[int, int]:
    return image_bgr.shape[1], image_bgr.shape[0]


def _check_image(image_bgr: Image) -> None:
    """Raise ImageError unless this is an 8-bit colour image of a useful size."""
    if not isinstance(image_bgr, np.ndarray):
        raise ImageError("bgr8", f"{type(image_bgr).__name__} is no array")
    if image_bgr.dtype != np.uint8 or image_bgr.ndim != 3 or image_bgr.shape[2] != 3:
        shape, kind = image_bgr.shape, image_bgr.dtype
        raise ImageError("bgr8", f"array of shape {shape} and type {kind}, not (h, w, 3) uint8")
    if min(image_bgr.shape[:2]) < _MIN_SIDE_PX:
        raise ImageError("bgr8", f"{image_bgr.shape[1]} x {image_bgr.shape[0]} px is too small")
