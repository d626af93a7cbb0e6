#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/crypto.h>

/* A digest, to be looked up once: from OpenSSL 3 on, EVP_sha256() and its like are names that each use
   looks up anew. */
static inline const EVP_MD *ccrypto_digest(const char *name) {
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
    return EVP_MD_fetch(NULL, name, NULL);
#else
    return EVP_get_digestbyname(name);
#endif
}
