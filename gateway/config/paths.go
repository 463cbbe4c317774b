package config

import (
	"path/filepath"
	"reflect"
	"strings"
)

// isTable says whether a dotted name is a section of Config.
func isTable(name string) bool {
	t := reflect.TypeFor[Config]()
	for part := range strings.SplitSeq(name, ".") {
		f, ok := fieldOf(t, part)
		if !ok || f.Kind() != reflect.Struct {
			return false
		}
		t = f
	}
	return true
}

func fieldOf(t reflect.Type, key string) (reflect.Type, bool) {
	for f := range t.Fields() {
		if f.Tag.Get("toml") == key {
			return f.Type, true
		}
	}
	return nil, false
}

// resolve makes every path absolute; base is the folder of the file.
func (c *Config) resolve(base string) {
	c.Gateway.DataDir = under(base, c.Gateway.DataDir)
	for _, p := range c.paths() {
		*p = under(c.Gateway.DataDir, *p)
	}
	if !strings.HasPrefix(c.Signatures.Key, "pkcs11:") {
		c.Signatures.Key = under(c.Gateway.DataDir, c.Signatures.Key)
	}
}

// paths are all the keys that name files and folders, but for data_dir.
func (c *Config) paths() []*string {
	return []*string{
		&c.Listen.CertFile, &c.Listen.KeyFile, &c.Listen.ClientCAFile,
		&c.Database.Path, &c.Database.DSNFile,
		&c.Objects.Path,
		&c.Objects.S3.AccessKeyFile, &c.Objects.S3.SecretKeyFile, &c.Objects.S3.CAFile, &c.Objects.S3.SpoolDir,
		&c.Keys.MasterFile, &c.Keys.ReceiptFile,
		&c.Signatures.PolicyFile, &c.Signatures.TrustDir, &c.Signatures.CacheDir,
		&c.Signatures.TSACredentialsFile, &c.Signatures.CertificateFile, &c.Signatures.PasswordFile,
		&c.Axis.SecretFile, &c.Axis.CAFile,
		&c.Client.KeyFile, &c.Client.CAFile,
	}
}

// under gives path, taken from dir when it is relative. Empty stays empty.
func under(dir, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}
