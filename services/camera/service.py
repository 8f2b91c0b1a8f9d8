"""One camera node: it captures, spools, sends until confirmed, and obeys commands."""

from contextlib import AsyncExitStack

from lookout.bus.session import Session
from lookout.host.run import Unusable
from lookout.host.tasks import Crew, cancel
from services.camera.node.assembly import Node
from services.camera.outbox.owner import owned
from services.camera.settings import CameraSettings
from services.camera.sources import Source


async def run(settings: CameraSettings, session: Session, source: Source) -> float | None:
    """Serve until cancelled, until `restart` is asked for (None), or for so many seconds' sleep.

    Raises Unusable when the camera gives no picture for too long, and where the spool is another's.
    """
    with owned(settings.spool_path, settings.node):
        return await _serve(settings, session, source)


async def _serve(settings: CameraSettings, session: Session, source: Source) -> float | None:
    node = Node(settings, session, source)
    await node.begin()
    async with AsyncExitStack() as stack:
        stack.callback(node.knobs.state.save)
        stack.callback(node.clock.save)
        stack.push_async_callback(node.spool.write_all)
        stack.push_async_callback(node.device.close)
        crew = await stack.enter_async_context(Crew())
        tasks = [crew.start(body, name) for name, body in node.work().items()]
        await node.end.wait()
        await cancel(*tasks)
    if node.health.reason is not None:
        raise Unusable(node.health.reason)
    return node.sleep.seconds
