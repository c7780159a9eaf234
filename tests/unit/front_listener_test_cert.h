/* A self-signed certificate for "purser.test" and its key, good for a hundred years and only for tests. */
#pragma once

static const char test_cert_pem[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBmzCCAUGgAwIBAgIUTSAJsssIjiPmzUTm+oK8Mu2OKSswCgYIKoZIzj0EAwIw\n"
    "FjEUMBIGA1UEAwwLcHVyc2VyLnRlc3QwIBcNMjYxMTIzMDEzNzAwWhgPMjEyNjEw\n"
    "MzAwMTM3MDBaMBYxFDASBgNVBAMMC3B1cnNlci50ZXN0MFkwEwYHKoZIzj0CAQYI\n"
    "KoZIzj0DAQcDQgAEuKctVKqutXzMj0SyBkyGdlWzfuD5JpJx8XdPXVtLESLsEBy4\n"
    "KFFIbhrb1gNRpgkSMYUvhcBwtsEkViRmd9WNrKNrMGkwHQYDVR0OBBYEFMIQRljT\n"
    "7Hg3F0aNYlP+NXNiNo52MB8GA1UdIwQYMBaAFMIQRljT7Hg3F0aNYlP+NXNiNo52\n"
    "MBYGA1UdEQQPMA2CC3B1cnNlci50ZXN0MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZI\n"
    "zj0EAwIDSAAwRQIhANsUlF0K+uNmfSzE0WOF/xrk2K/S+zkMvPslXodOM2mFAiBS\n"
    "d3IY17PBodc8hPDHN5+MFtgqPL/XBLcZHIPLNtNJxw==\n"
    "-----END CERTIFICATE-----\n";

static const char test_key_pem[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgxSp3rHguReSG83O2\n"
    "peSXfYjw0lEyQtw+l7l7vr1Hrt+hRANCAAS4py1Uqq61fMyPRLIGTIZ2VbN+4Pkm\n"
    "knHxd09dW0sRIuwQHLgoUUhuGtvWA1GmCRIxhS+FwHC2wSRWJGZ31Y2s\n"
    "-----END PRIVATE KEY-----\n";
