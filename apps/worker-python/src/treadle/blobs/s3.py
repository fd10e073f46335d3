"""Blobs as objects: ``[<prefix>/]<tenant>/<sha256>``. Works with any server of the S3 protocol."""

import asyncio
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from ..encryption.blob_cipher import HEADER_BYTES, key_id_of
from .store import BlobError


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

    async def place(self, tenant: str, sha256: str, stored: bytes) -> None:
        at = self._at(tenant, sha256)
        if not await asyncio.to_thread(self._is_there, at, stored):
            await asyncio.to_thread(self._client.put_object, **at, Body=stored)

    async def read(self, tenant: str, sha256: str) -> bytes:
        return await asyncio.to_thread(self._read, self._at(tenant, sha256), sha256)

    async def check(self) -> None:
        await asyncio.to_thread(self._client.head_bucket, Bucket=self._bucket)

    def _at(self, tenant: str, sha256: str) -> dict[str, str]:
        prefix = f"{self._prefix}/" if self._prefix else ""
        return {"Bucket": self._bucket, "Key": f"{prefix}{tenant}/{sha256}"}

    def _is_there(self, at: dict[str, str], stored: bytes) -> bool:
        """Of the same length, and encrypted with the same key: a key that was exchanged is to fall out of use."""
        try:
            if self._client.head_object(**at)["ContentLength"] != len(stored):
                return False
            id = key_id_of(stored)
            if id is None:
                return True
            start = self._client.get_object(**at, Range=f"bytes=0-{HEADER_BYTES - 1}")["Body"].read()
            return key_id_of(start) == id
        except ClientError as error:
            if _is_missing(error):
                return False
            raise

    def _read(self, at: dict[str, str], sha256: str) -> bytes:
        try:
            return self._client.get_object(**at)["Body"].read()
        except ClientError as error:
            if _is_missing(error):
                raise BlobError(f"There is no blob {sha256}.") from error
            raise


def _is_missing(error: ClientError) -> bool:
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 404
