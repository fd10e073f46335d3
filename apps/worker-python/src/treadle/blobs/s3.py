"""Blobs as objects: ``[<prefix>/]<tenant>/<sha256>``. Works with any server of the S3 protocol."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import closing
from typing import Any

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

from ..encryption.blob_cipher import HEADER_BYTES, key_id_of
from .content import Content
from .store import PIECE_BYTES, BlobError

_PART_BYTES = 8 * 1024 * 1024
_UPLOADS = TransferConfig(multipart_threshold=_PART_BYTES, multipart_chunksize=_PART_BYTES, max_concurrency=2)


class S3Blobs:
    """boto3 blocks, so its calls run in threads; its clients may be used by several at once."""

    def __init__(self, bucket: str, prefix: str, endpoint: str | None, region: str | None) -> None:
        self._bucket = bucket
        self._prefix = prefix
        config = Config(
            connect_timeout=3,
            read_timeout=30,
            retries={"max_attempts": 3, "mode": "standard"},
            # Not every server knows the newer checksums; ours is the name.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            # Other servers have no host name for each bucket.
            s3={"addressing_style": "path"} if endpoint else {},
        )
        self._client: Any = boto3.client("s3", endpoint_url=endpoint, region_name=region, config=config)

    async def place(self, tenant: str, sha256: str, stored: Content) -> None:
        at = self._at(tenant, sha256)
        if not await asyncio.to_thread(self._is_there, at, stored):
            await asyncio.to_thread(self._store, at, stored)

    async def check(self) -> None:
        await asyncio.to_thread(self._client.head_bucket, Bucket=self._bucket)

    def _at(self, tenant: str, sha256: str) -> dict[str, str]:
        prefix = f"{self._prefix}/" if self._prefix else ""
        return {"Bucket": self._bucket, "Key": f"{prefix}{tenant}/{sha256}"}

    def _is_there(self, at: dict[str, str], stored: Content) -> bool:
        """Of the same length, and encrypted with the same key: a key that was exchanged is to fall out of use."""
        try:
            if self._client.head_object(**at)["ContentLength"] != stored.blob["size"]:
                return False
            id = key_id_of(stored.start(HEADER_BYTES))
            if id is None:
                return True
            start = self._client.get_object(**at, Range=f"bytes=0-{HEADER_BYTES - 1}")["Body"].read()
            return key_id_of(start) == id
        except ClientError as error:
            if _is_missing(error):
                return False
            raise

    def _store(self, at: dict[str, str], content: Content) -> None:
        """In parts where it is large."""
        if content.path is None:
            self._client.put_object(**at, Body=content.data)
        else:
            self._client.upload_file(str(content.path), at["Bucket"], at["Key"], Config=_UPLOADS)

    async def read(self, tenant: str, sha256: str) -> AsyncGenerator[bytes]:
        try:
            body = (await asyncio.to_thread(self._client.get_object, **self._at(tenant, sha256)))["Body"]
        except ClientError as error:
            if _is_missing(error):
                raise BlobError(f"There is no blob {sha256}.") from error
            raise
        with closing(body):
            while piece := await asyncio.to_thread(body.read, PIECE_BYTES):
                yield piece


def _is_missing(error: ClientError) -> bool:
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 404
