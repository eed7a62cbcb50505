"""The client that is awaited, against a real server."""

import asyncio
import threading

import pytest

import speechtag


def test_calls_are_awaited_side_by_side(server, page):
    async def main():
        async with speechtag.AsyncClient(server.target) as client:
            assert await client.healthy()
            answers = await asyncio.gather(*(client.tag((str(n), page)) for n in range(20)))
            assert [answer.document.id for answer in answers] == [str(n) for n in range(20)]
            assert (await client.model()).model.identity == (await client.models())[0].identity
            assert [r.id for r in await client.tag_batch([("a", page), ("b", page)])] == ["a", "b"]
            with pytest.raises(speechtag.InvalidArgument) as caught:
                await client.tag("")
            assert caught.value.fields[0].field == "document.text"

    asyncio.run(main())


def test_a_stream_takes_both_kinds_of_iterable(server, page):
    async def slowly():
        for number in range(40):
            await asyncio.sleep(0)
            yield str(number), page

    async def main():
        async with speechtag.AsyncClient(server.target) as client:
            for source in [slowly(), [(str(n), page) for n in range(40)]]:
                ids = [result.id async for result in client.tag_stream(source, window=5)]
                assert ids == [str(n) for n in range(40)]

    asyncio.run(main())


def test_a_stream_outlives_its_server(start, page):
    server = start()
    again = threading.Thread(target=start, args=(server.port,))

    async def source():
        for number in range(200):
            if number == 100:
                server.kill()
                again.start()
            yield str(number), page

    async def main():
        async with speechtag.AsyncClient(server.target) as client:
            ids = [result.id async for result in client.tag_stream(source())]
            assert ids == [str(n) for n in range(200)]

    asyncio.run(main())
    again.join()
