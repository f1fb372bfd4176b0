"""The signatures, against the requests that the vendors' own documents print."""

from __future__ import annotations

from hub.delivery.cloud_sign import Key, acs3_headers, acs3_query, tc3_headers


def test_aliyuns_printed_example() -> None:
    """V3版本请求体&签名机制, 固定参数示例."""
    headers = acs3_headers(
        Key("YourAccessKeyId", "YourAccessKeySecret"),
        "ecs.cn-shanghai.aliyuncs.com",
        "RunInstances",
        "2014-05-26",
        {"RegionId": "cn-shanghai", "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"},
        now_ms=1_698_315_752_000,  # 2023-10-26T10:22:32Z
        nonce="3156853299f313e23d1673dc12e1703d",
    )
    assert headers["x-acs-date"] == "2023-10-26T10:22:32Z"
    assert headers["authorization"] == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;"
        "x-acs-signature-nonce;x-acs-version,"
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


def test_tencents_printed_example() -> None:
    """签名方法 v3, the example of DescribeInstances; its keys are the document's."""
    headers = tc3_headers(
        Key("AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"),
        "cvm.tencentcloudapi.com",
        "DescribeInstances",
        "2017-03-12",
        rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}',
        now_ms=1_551_113_065_000,
        region="ap-guangzhou",
    )
    assert headers["authorization"] == (
        "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, "
        "SignedHeaders=content-type;host, "
        "Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
    )


def test_a_query_is_sorted_and_encoded_as_rfc_3986_says() -> None:
    assert acs3_query({"b": "a b*~", "A": "签名/+"}) == "A=%E7%AD%BE%E5%90%8D%2F%2B&b=a%20b%2A~"
