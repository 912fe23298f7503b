package tabular

import "context"

func (f *File) openParquet(ctx context.Context, src Source, o Options) error {
	return f.openText(src, o)
}
func (f *File) openJSON(context.Context, Source, []byte, Options) (bool, error) { return false, nil }
func isJSON(string) bool                                                        { return false }
