"""`lookout keep`: let pictures never expire, or let them go again."""

from collections.abc import Sequence
from typing import Annotated

import typer

from lookout.cli import connection
from lookout.cli.connection import Trouble
from lookout.contract.errors import BadMessage, BadTopic
from lookout.contract.images import split_image_id


def _image(text: str) -> str:
    try:
        split_image_id(text)
    except (BadMessage, BadTopic) as error:
        raise typer.BadParameter(f"{error}; see `lookout images`") from None
    return text


def keep(
    images: Annotated[
        list[str],
        typer.Argument(metavar="IMAGE...", parser=_image, help="such as garden:1795213515473"),
    ],
    let_go: Annotated[
        bool, typer.Option("--let-go", help="they expire again, in their node's time from now")
    ] = False,
) -> None:
    """Keep pictures for good, within the hub's quota. `lookout images --kept` lists them."""
    connection.run(_let_go(images) if let_go else _keep(images))


async def _keep(images: Sequence[str]) -> None:
    from lookout.store.retention import keeping

    async with connection.redis() as client:
        for image in images:
            try:
                found = await keeping.keep(client, image)
            except keeping.QuotaReached as reached:
                raise Trouble(f"{image} is not kept. {reached}") from None
            _say(image, "is kept", found)


async def _let_go(images: Sequence[str]) -> None:
    from lookout.store.retention import keeping

    async with connection.redis() as client:
        for image in images:
            _say(image, "expires again", await keeping.release(client, image))


def _say(image: str, done: str, found: bool) -> None:
    if not found:
        raise Trouble(f"There is no picture {image}: it was never stored, or has expired.")
    print(f"{image} {done}.")
