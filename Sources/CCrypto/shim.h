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

/* HMAC (RFC 2104) with a digest that was looked up: from OpenSSL 3 on, HMAC() looks up digest and algorithm
   anew each time, which takes ten times as long as the rest. Returns 1, or 0 where it cannot. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
static inline int ccrypto_hmac(const EVP_MD *digest, const void *key, int key_size,
                               const unsigned char *message, size_t size, unsigned char *result) {
    HMAC_CTX *context = HMAC_CTX_new();
    int made = context != NULL && digest != NULL
        && HMAC_Init_ex(context, key ? key : "", key_size, digest, NULL)
        && HMAC_Update(context, message, size) && HMAC_Final(context, result, NULL);
    HMAC_CTX_free(context);
    return made;
}
#pragma GCC diagnostic pop
