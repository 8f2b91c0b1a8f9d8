"""A real RTSP server with a moving picture (GStreamer, python3-gi).

`python3 rtsp_server.py PORT [--login USER:PASSWORD] [--codec h264|h265|jpeg|sound] [--udp]
[--late N] [--lost N]`: each Nth packet comes after the two that follow it, or not at all.

Not imported by tests: it runs in the system's Python, where GStreamer's bindings are.
"""

import argparse
import sys
from typing import Any

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
gi.require_version("GstRtsp", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

PICTURE = (
    "videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width=320,height=240,"
    "framerate=15/1 ! {} name=pay0 pt=96"
)
LAUNCH = {
    "h264": PICTURE.format("x264enc tune=zerolatency key-int-max=15 ! rtph264pay"),
    "h265": PICTURE.format("x265enc tune=zerolatency key-int-max=15 ! rtph265pay"),
    "jpeg": PICTURE.format("jpegenc ! rtpjpegpay"),
    "sound": "audiotestsrc is-live=true ! audio/x-raw,rate=8000 ! alawenc ! rtppcmapay name=pay0",
}

parser = argparse.ArgumentParser()
parser.add_argument("port")
parser.add_argument("--login", default="")
parser.add_argument("--codec", default="h264", choices=LAUNCH)
parser.add_argument("--udp", action="store_true")
parser.add_argument("--late", type=int, default=0)
parser.add_argument("--lost", type=int, default=0)
given = parser.parse_args()

Gst.init(None)
server = GstRtspServer.RTSPServer(service=given.port, address="127.0.0.1")
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch(f"( {LAUNCH[given.codec]} )")
factory.set_shared(True)
if given.udp:
    factory.set_protocols(GstRtsp.RTSPLowerTrans.UDP)


class Way:
    """The packets on their way: some overtake others, some get lost."""

    def __init__(self) -> None:
        self.number = 0
        self.held: list[tuple[int, Any]] = []
        self.is_ours = False

    def probe(self, pad: Any, info: Any) -> Any:
        if self.is_ours:
            return Gst.PadProbeReturn.OK
        if info.type & Gst.PadProbeType.BUFFER_LIST:
            packets = info.get_buffer_list()
            each = [packets.get(at) for at in range(packets.length())]
        else:
            each = [info.get_buffer()]
        self.is_ours = True
        for packet in each:
            self.pass_on(pad, packet)
        self.is_ours = False
        return Gst.PadProbeReturn.DROP

    def pass_on(self, pad: Any, packet: Any) -> None:
        self.number += 1
        if given.lost and self.number % given.lost == 0:
            return
        if given.late and self.number % given.late == 0:
            self.held.append((self.number + 2, packet))
            return
        pad.push(packet)
        while self.held and self.held[0][0] <= self.number:
            pad.push(self.held.pop(0)[1])


def configured(_: Any, media: Any) -> None:
    pad = media.get_element().get_by_name("pay0").get_static_pad("src")
    kinds = Gst.PadProbeType.BUFFER | Gst.PadProbeType.BUFFER_LIST
    pad.add_probe(kinds, Way().probe)


if given.late or given.lost:
    factory.connect("media-configure", configured)
server.get_mount_points().add_factory("/garden", factory)
if given.login:
    user, _, password = given.login.partition(":")
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", user)
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    server.set_auth(auth)
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_role(user)
    permissions.add_permission_for_role(user, "media.factory.access", True)
    permissions.add_permission_for_role(user, "media.factory.construct", True)
    factory.set_permissions(permissions)
server.attach(None)
sys.stdout.write("serving\n")
sys.stdout.flush()
GLib.MainLoop().run()
